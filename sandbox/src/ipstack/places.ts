/** Countries and cities that addresses are placed in. */

export interface Country {
  readonly code: string
  readonly name: string
  readonly continentCode: string
  readonly continentName: string
  readonly capital: string
  readonly callingCode: string
  readonly isEu: boolean
  readonly currency: string
  /** The languages: ISO 639-1 code, English name, own name. */
  readonly languages: readonly (readonly [code: string, name: string, native: string])[]
}

export interface City {
  readonly country: string
  readonly regionCode: string
  readonly regionName: string
  readonly city: string
  readonly zip: string
  readonly latitude: number
  readonly longitude: number
  readonly geonameId: number
  readonly timeZone: string
}

const continents: Readonly<Record<string, string>> = {
  AF: 'Africa',
  AS: 'Asia',
  EU: 'Europe',
  NA: 'North America',
  OC: 'Oceania',
  SA: 'South America',
}

const english = ['en', 'English', 'English'] as const
const spanish = ['es', 'Spanish', 'Español'] as const

function country(
  code: string,
  name: string,
  continentCode: string,
  capital: string,
  callingCode: string,
  currency: string,
  languages: Country['languages'],
  isEu = false,
): Country {
  const continentName = continents[continentCode] ?? ''
  return { code, name, continentCode, continentName, capital, callingCode, isEu, currency, languages }
}

const countryList = [
  country('US', 'United States', 'NA', 'Washington D.C.', '1', 'USD', [english]),
  country('CA', 'Canada', 'NA', 'Ottawa', '1', 'CAD', [english, ['fr', 'French', 'Français']]),
  country('MX', 'Mexico', 'NA', 'Mexico City', '52', 'MXN', [spanish]),
  country('BR', 'Brazil', 'SA', 'Brasília', '55', 'BRL', [['pt', 'Portuguese', 'Português']]),
  country('AR', 'Argentina', 'SA', 'Buenos Aires', '54', 'ARS', [spanish]),
  country('GB', 'United Kingdom', 'EU', 'London', '44', 'GBP', [english]),
  country('IE', 'Ireland', 'EU', 'Dublin', '353', 'EUR', [['ga', 'Irish', 'Gaeilge'], english], true),
  country('DE', 'Germany', 'EU', 'Berlin', '49', 'EUR', [['de', 'German', 'Deutsch']], true),
  country('FR', 'France', 'EU', 'Paris', '33', 'EUR', [['fr', 'French', 'Français']], true),
  country('ES', 'Spain', 'EU', 'Madrid', '34', 'EUR', [spanish], true),
  country('NL', 'Netherlands', 'EU', 'Amsterdam', '31', 'EUR', [['nl', 'Dutch', 'Nederlands']], true),
  country('SE', 'Sweden', 'EU', 'Stockholm', '46', 'SEK', [['sv', 'Swedish', 'Svenska']], true),
  country('PL', 'Poland', 'EU', 'Warsaw', '48', 'PLN', [['pl', 'Polish', 'Polski']], true),
  country('IN', 'India', 'AS', 'New Delhi', '91', 'INR', [['hi', 'Hindi', 'हिन्दी'], english]),
  country('JP', 'Japan', 'AS', 'Tokyo', '81', 'JPY', [['ja', 'Japanese', '日本語']]),
  country('SG', 'Singapore', 'AS', 'Singapore', '65', 'SGD', [english]),
  country('AU', 'Australia', 'OC', 'Canberra', '61', 'AUD', [english]),
  country('ZA', 'South Africa', 'AF', 'Pretoria', '27', 'ZAR', [['af', 'Afrikaans', 'Afrikaans'], english]),
  country('KE', 'Kenya', 'AF', 'Nairobi', '254', 'KES', [english, ['sw', 'Swahili', 'Kiswahili']]),
]

export const countries: ReadonlyMap<string, Country> = new Map(countryList.map((one) => [one.code, one]))

/** The currencies by code: name, plural, symbol, symbol as written at home. */
export const currencies: Readonly<Record<string, readonly [string, string, string, string]>> = {
  USD: ['US Dollar', 'US dollars', '$', '$'],
  CAD: ['Canadian Dollar', 'Canadian dollars', 'CA$', '$'],
  MXN: ['Mexican Peso', 'Mexican pesos', 'MX$', '$'],
  BRL: ['Brazilian Real', 'Brazilian reals', 'R$', 'R$'],
  ARS: ['Argentine Peso', 'Argentine pesos', 'AR$', '$'],
  GBP: ['British Pound Sterling', 'British pounds sterling', '£', '£'],
  EUR: ['Euro', 'euros', '€', '€'],
  SEK: ['Swedish Krona', 'Swedish kronor', 'Skr', 'kr'],
  PLN: ['Polish Zloty', 'Polish zlotys', 'zł', 'zł'],
  INR: ['Indian Rupee', 'Indian rupees', 'Rs', '₹'],
  JPY: ['Japanese Yen', 'Japanese yen', '¥', '￥'],
  SGD: ['Singapore Dollar', 'Singapore dollars', 'S$', '$'],
  AUD: ['Australian Dollar', 'Australian dollars', 'AU$', '$'],
  ZAR: ['South African Rand', 'South African rand', 'R', 'R'],
  KES: ['Kenyan Shilling', 'Kenyan shillings', 'Ksh', 'Ksh'],
}

function city(
  countryCode: string,
  regionCode: string,
  regionName: string,
  name: string,
  zip: string,
  latitude: number,
  longitude: number,
  geonameId: number,
  timeZone: string,
): City {
  return {
    country: countryCode,
    regionCode,
    regionName,
    city: name,
    zip,
    latitude,
    longitude,
    geonameId,
    timeZone,
  }
}

/** Where the article's addresses are. */
export const articlePlaces: Readonly<Record<string, City>> = {
  '104.53.216.85': city(
    'US',
    'CA',
    'California',
    'Windsor',
    '95492',
    38.547,
    -122.816,
    5409768,
    'America/Los_Angeles',
  ),
  '82.102.17.180': city('ES', 'MD', 'Madrid', 'Madrid', '28001', 40.4165, -3.7026, 3117735, 'Europe/Madrid'),
  '89.248.165.99': city(
    'NL',
    'NH',
    'North Holland',
    'Diemen',
    '1112',
    52.3394,
    4.9626,
    2756888,
    'Europe/Amsterdam',
  ),
  '107.170.20.63': city(
    'US',
    'NY',
    'New York',
    'Manhattan',
    '10011',
    40.7411,
    -74.0018,
    5125771,
    'America/New_York',
  ),
  '157.230.162.15': city(
    'US',
    'CA',
    'California',
    'Palo Alto',
    '94301',
    37.4419,
    -122.143,
    5380748,
    'America/Los_Angeles',
  ),
  '212.102.58.164': city(
    'US',
    'IL',
    'Illinois',
    'Chicago',
    '60602',
    41.8829,
    -87.6326,
    4887398,
    'America/Chicago',
  ),
}

const seattle = city(
  'US',
  'WA',
  'Washington',
  'Seattle',
  '98101',
  47.6062,
  -122.3321,
  5809844,
  'America/Los_Angeles',
)

/** Where any other address may be. */
export const places: readonly [City, ...City[]] = [
  seattle,
  city('US', 'VA', 'Virginia', 'Ashburn', '20147', 39.0437, -77.4875, 4744870, 'America/New_York'),
  city('US', 'TX', 'Texas', 'Austin', '78701', 30.2672, -97.7431, 4671654, 'America/Chicago'),
  city('US', 'CO', 'Colorado', 'Denver', '80202', 39.7392, -104.9903, 5419384, 'America/Denver'),
  city('CA', 'ON', 'Ontario', 'Toronto', 'M5H', 43.6532, -79.3832, 6167865, 'America/Toronto'),
  city('CA', 'QC', 'Quebec', 'Montréal', 'H3B', 45.5017, -73.5673, 6077243, 'America/Toronto'),
  city('MX', 'CMX', 'Mexico City', 'Mexico City', '06000', 19.4326, -99.1332, 3530597, 'America/Mexico_City'),
  city('BR', 'SP', 'São Paulo', 'São Paulo', '01000', -23.5505, -46.6333, 3448439, 'America/Sao_Paulo'),
  city(
    'AR',
    'C',
    'Buenos Aires F.D.',
    'Buenos Aires',
    '1871',
    -34.6037,
    -58.3816,
    3435910,
    'America/Argentina/Buenos_Aires',
  ),
  city('GB', 'ENG', 'England', 'London', 'EC1A', 51.5074, -0.1278, 2643743, 'Europe/London'),
  city('GB', 'SCT', 'Scotland', 'Edinburgh', 'EH1', 55.9533, -3.1883, 2650225, 'Europe/London'),
  city('IE', 'L', 'Leinster', 'Dublin', 'D02', 53.3498, -6.2603, 2964574, 'Europe/Dublin'),
  city('DE', 'HE', 'Hesse', 'Frankfurt am Main', '60313', 50.1109, 8.6821, 2925533, 'Europe/Berlin'),
  city('DE', 'BE', 'Berlin', 'Berlin', '10115', 52.52, 13.405, 2950159, 'Europe/Berlin'),
  city('FR', 'IDF', 'Île-de-France', 'Paris', '75001', 48.8566, 2.3522, 2988507, 'Europe/Paris'),
  city('ES', 'CT', 'Catalonia', 'Barcelona', '08002', 41.3874, 2.1686, 3128760, 'Europe/Madrid'),
  city('NL', 'NH', 'North Holland', 'Amsterdam', '1012', 52.3676, 4.9041, 2759794, 'Europe/Amsterdam'),
  city('SE', 'AB', 'Stockholm', 'Stockholm', '111 20', 59.3293, 18.0686, 2673730, 'Europe/Stockholm'),
  city('PL', 'MZ', 'Mazovia', 'Warsaw', '00-001', 52.2297, 21.0122, 756135, 'Europe/Warsaw'),
  city('IN', 'MH', 'Maharashtra', 'Mumbai', '400001', 19.076, 72.8777, 1275339, 'Asia/Kolkata'),
  city('JP', '13', 'Tokyo', 'Tokyo', '100-0001', 35.6762, 139.6503, 1850147, 'Asia/Tokyo'),
  city('SG', '01', 'Central Singapore', 'Singapore', '018956', 1.3521, 103.8198, 1880252, 'Asia/Singapore'),
  city('AU', 'NSW', 'New South Wales', 'Sydney', '2000', -33.8688, 151.2093, 2147714, 'Australia/Sydney'),
  city('ZA', 'WC', 'Western Cape', 'Cape Town', '8001', -33.9249, 18.4241, 3369157, 'Africa/Johannesburg'),
  city('KE', '30', 'Nairobi County', 'Nairobi', '00100', -1.2921, 36.8219, 184745, 'Africa/Nairobi'),
]
