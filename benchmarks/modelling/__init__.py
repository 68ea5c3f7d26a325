"""Six marts as pandas, polars and dplyr make them from the same sources; what they are compared with is in `rows`."""
