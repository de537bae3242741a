/** Where the article's addresses are, as it prints them: for tests that ask by whatever way. */

/** Rows of `ip`, `continent_name`, `country_name`, `region_name`, `city`, in the order of the address's text. */
export const articlePlaces = [
  ['104.53.216.85', 'North America', 'United States', 'California', 'Windsor'],
  ['107.170.20.63', 'North America', 'United States', 'New York', 'Manhattan'],
  ['157.230.162.15', 'North America', 'United States', 'California', 'Palo Alto'],
  ['212.102.58.164', 'North America', 'United States', 'Illinois', 'Chicago'],
  ['82.102.17.180', 'Europe', 'Spain', 'Madrid', 'Madrid'],
  ['89.248.165.99', 'Europe', 'Netherlands', 'North Holland', 'Diemen'],
] as const
