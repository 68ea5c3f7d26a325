"""Six marts as pandas and polars make them from the same sources; what they are held against is in `rows`."""
