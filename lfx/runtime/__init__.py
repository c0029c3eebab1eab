"""The foundation of every room, independent of the domain: errors, files, devices, settings."""
