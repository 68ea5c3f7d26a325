"""Questions asked of the DuckDB file, the same written by hand, and the same answered by pandas from the CSV files."""
