"""Six marts as pandas, polars and dplyr make them from the same sources; what they are held against is in `rows`."""
