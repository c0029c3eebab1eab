"""One HTML page of runs that needs no network: results, explorer of weights, cases, origins."""
