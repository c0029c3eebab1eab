"""What runs, comparisons and reports show in W&B, and the dashboards that show them together."""
