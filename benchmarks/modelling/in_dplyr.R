# The figures and six marts with dplyr and tidyr, as an analyst would who knows them well: codes as factors, no loop
# over rows. CSV is read and written with data.table, which is the fastest R has for it.
#
# Run as a program it reads the sources of the first directory, writes the tables into the second, and prints seconds.

suppressPackageStartupMessages({
  library(dplyr)
  library(tidyr)
})

# What is asked, as asked.py says it to the others. Where the two part, the tables differ, and the row says so.
COMPONENTS <- c("refugees", "unrwa_refugees", "asylum_seekers", "oip", "idmc_idps")
ACROSS <- c("refugees", "asylum_seekers", "oip")
OTHERS <- c("idps", "stateless", "ooc", "hst", "returned_refugees", "returned_idps")
MEASURES <- c(COMPONENTS, "idps", "stateless", "refugees_and_oip", "displaced_across", "forcibly_displaced")
SOLUTIONS <- c("returned_refugees", "resettlement", "naturalisation", "returned_idps")
KEY <- c("indicator", "reference_date", "origin", "asylum")
NO_PLACE <- c("unknown", "stateless")
OVERLAP <- 0.7
OVERLAP_IN <- "PSE"
OVERLAP_FROM <- as.Date("2023-12-31")
TOTAL_FROM <- 1993
BY_COUNTRY_FROM <- 2009

read_sources <- function(data) {
  # only what is empty is missing: NA is a country
  read <- function(name, ...) data.table::fread(file.path(data, name), na.strings = "", data.table = FALSE, ...)
  countries <- read("countries.csv", select = c("iso3", "kind"), encoding = "UTF-8")
  indicators <- read("indicators.csv", select = c("indicator", "dataset"), encoding = "UTF-8")
  # levels in the order of bytes, so that no locale decides the order of codes
  places <- sort(countries$iso3, method = "radix")
  names <- sort(indicators$indicator, method = "radix")
  # as doubles: the people of the world may be more than an integer holds
  spans <- read("figures.csv", colClasses = list(numeric = "value")) |>
    mutate(
      indicator = factor(indicator, names),
      origin = factor(origin, places),
      asylum = factor(asylum, places),
      across(c(reference_date, published_in, superseded_in), as.Date)
    )
  coverage <- read("release_datasets.csv") |>
    inner_join(indicators, by = "dataset") |>
    transmute(
      indicator = factor(indicator, names),
      release = as.Date(release),
      newest_reference_date = as.Date(newest_reference_date)
    )
  list(
    spans = spans,
    figures = spans |> filter(is.na(superseded_in)) |> select(!superseded_in),
    places = factor(countries$iso3[!countries$kind %in% NO_PLACE], places),
    coverage = coverage
  )
}

is_year_end <- function(day) as.POSIXlt(day)$mon == 11

year_of <- function(day) as.POSIXlt(day)$year + 1900

# The world's components by date, and their sum.
global_totals <- function(figures) {
  figures |>
    filter(indicator %in% COMPONENTS) |>
    summed("reference_date") |>
    with_total(overlap(figures, "asylum"), TOTAL_FROM)
}

# Every country by role and date.
country_totals <- function(figures) {
  known <- figures |> filter(indicator %in% c(COMPONENTS, OTHERS))
  by_role <- function(role) {
    here <- known |> rename(country = all_of(role))
    twice <- overlap(here, "country") |> mutate(country = factor(OVERLAP_IN, levels(here$country)))
    here |>
      summed(c("country", "reference_date")) |>
      with_total(twice, BY_COUNTRY_FROM) |>
      mutate(
        refugees_and_oip = row_sum(across(all_of(c("refugees", "oip")))),
        displaced_across = row_sum(across(all_of(ACROSS))), role = role
      )
  }
  bind_rows(by_role("origin"), by_role("asylum"))
}

# Sums by the keys, a column for each indicator.
summed <- function(figures, keys) {
  figures |>
    group_by(across(all_of(c(keys, "indicator")))) |>
    summarise(value = sum(value), .groups = "drop") |>
    pivot_wider(names_from = indicator, values_from = value)
}

# What is counted twice, by date.
overlap <- function(figures, place) {
  figures |>
    filter(indicator == "idmc_idps", .data[[place]] == OVERLAP_IN, reference_date >= OVERLAP_FROM) |>
    group_by(reference_date) |>
    summarise(overlap = round(sum(value) * OVERLAP))
}

with_total <- function(totals, overlaps, first) {
  totals |>
    left_join(overlaps, by = setdiff(names(overlaps), "overlap")) |>
    mutate(
      forcibly_displaced = if_else(
        is_year_end(reference_date) & year_of(reference_date) >= first,
        row_sum(across(all_of(COMPONENTS))) - coalesce(overlap, 0),
        NA_real_
      )
    ) |>
    select(!overlap)
}

# The sum of what is there in each row; missing where nothing is.
row_sum <- function(columns) {
  if_else(rowSums(!is.na(columns)) > 0, rowSums(columns, na.rm = TRUE), NA_real_)
}

# Origins and countries of asylum by date, each ranked in the other.
corridors <- function(figures, places) {
  figures |>
    filter(indicator %in% ACROSS) |>
    select(origin, asylum, reference_date, indicator, value) |>
    pivot_wider(names_from = indicator, values_from = value) |>
    mutate(displaced_across = rowSums(across(all_of(ACROSS)), na.rm = TRUE)) |>
    mutate(falling = if_else(asylum %in% places, -displaced_across, NA_real_)) |>
    group_by(origin, reference_date) |>
    mutate(rank_in_origin = min_rank(falling)) |>
    ungroup() |>
    mutate(falling = if_else(origin %in% places, -displaced_across, NA_real_)) |>
    group_by(asylum, reference_date) |>
    mutate(rank_in_asylum = min_rank(falling)) |>
    ungroup() |>
    select(!falling)
}

# Countries by role, measure and date, with their share of the world.
rankings <- function(totals, places) {
  totals |>
    select(country, role, reference_date, all_of(MEASURES)) |>
    pivot_longer(all_of(MEASURES), names_to = "measure", values_drop_na = TRUE) |>
    group_by(role, measure, reference_date) |>
    mutate(world = sum(value)) |>
    filter(country %in% places) |>
    arrange(desc(value), country) |>
    mutate(
      share_of_world = value / world,
      rank = min_rank(-value),
      cumulative_share = cumsum(value) / world
    ) |>
    ungroup() |>
    select(!world)
}

# Solutions by origin, country of asylum and year.
solutions <- function(figures) {
  figures |>
    filter(indicator %in% SOLUTIONS, is_year_end(reference_date)) |>
    transmute(origin, asylum, year = year_of(reference_date), indicator, value) |>
    pivot_wider(names_from = indicator, values_from = value)
}

# What every release changed, withdrew, brought back or added late.
revisions <- function(spans, coverage) {
  dated <- c("indicator", "reference_date", "release")
  before <- spans |>
    distinct(indicator, reference_date) |>
    inner_join(coverage, by = "indicator") |>
    filter(
      reference_date == newest_reference_date | (is_year_end(reference_date) & reference_date < newest_reference_date)
    ) |>
    arrange(release) |>
    group_by(indicator, reference_date) |>
    transmute(release, release_before = lag(release)) |>
    ungroup()
  after <- spans |> select(all_of(KEY), value_after = value, release = published_in)
  ended <- spans |>
    filter(!is.na(superseded_in)) |>
    select(all_of(KEY), value_before = value, release = superseded_in) |>
    left_join(after, by = c(KEY, "release")) |>
    mutate(event = if_else(is.na(value_after), "withdrawn", "changed"))
  first <- ended |>
    arrange(release) |>
    distinct(across(all_of(KEY)), .keep_all = TRUE) |>
    select(all_of(KEY), first_ended = release)
  begun <- after |>
    semi_join(before |> filter(!is.na(release_before)), by = dated) |>
    anti_join(ended, by = c(KEY, "release")) |>
    left_join(first, by = KEY) |>
    mutate(event = if_else(first_ended < release, "returned", "added", missing = "added")) |>
    select(!first_ended)
  bind_rows(ended, begun) |>
    left_join(before, by = dated) |>
    mutate(difference = coalesce(value_after, 0) - coalesce(value_before, 0))
}

# A share with every digit it has, which fwrite would round to fifteen.
exact <- function(share) sprintf("%.17g", share)

make <- function(data, target) {
  sources <- read_sources(data)
  totals <- country_totals(sources$figures)
  write <- function(table, name) data.table::fwrite(table, file.path(target, paste0(name, ".csv")), scipen = 100)
  write(sources$figures |> arrange(across(all_of(KEY))), "figures")
  write(sources$spans |> arrange(across(all_of(KEY)), published_in), "figures_history")
  write(global_totals(sources$figures), "global_totals")
  write(totals, "country_totals")
  write(corridors(sources$figures, sources$places), "corridors")
  write(rankings(totals, sources$places) |> mutate(across(contains("share"), exact)), "rankings")
  write(solutions(sources$figures), "solutions")
  write(revisions(sources$spans, sources$coverage), "revisions")
}

run <- function() {
  # data.table would leave every second core idle
  data.table::setDTthreads(0)
  asked <- commandArgs(trailingOnly = TRUE)
  began <- proc.time()
  make(asked[1], asked[2])
  took <- proc.time() - began
  cat(sprintf('{"seconds": %f, "cpu": %f}\n', took[["elapsed"]], took[["user.self"]] + took[["sys.self"]]))
}

run()
