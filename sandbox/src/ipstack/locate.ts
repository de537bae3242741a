/**
 * What ipstack knows of an address. The article's addresses are where the article shows them; any other public
 * address has a place that is derived from the address itself, always the same.
 */
import { isIPv6 } from 'node:net'
import { hashText, Random } from '../random.js'
import { canonical, isPlaced } from './address.js'
import { localTime } from './clock.js'
import { articlePlaces, type City, countries, currencies, places } from './places.js'

/** The full answer; the service leaves out what plan and request do not ask for. */
export type Lookup = Readonly<Record<string, unknown>>

const providers: readonly [readonly [number, string], ...(readonly [number, string])[]] = [
  [7018, 'AT&T Services, Inc.'],
  [16509, 'Amazon.com, Inc.'],
  [14061, 'DigitalOcean, LLC'],
  [9009, 'M247 Europe SRL'],
  [3320, 'Deutsche Telekom AG'],
  [15169, 'Google LLC'],
  [60068, 'Datacamp Limited'],
  // An AS number beyond 16 bits.
  [399077, 'Terabit Exchange'],
]

interface Located {
  /** All fields except the time. */
  readonly fields: Lookup
  /** The time zone; undefined for an address that is nowhere. */
  readonly timeZone: string | undefined
}

/** The places of addresses, which are asked for again and again; what is known of one does not change. */
const located = new Map<string, Located>()
const mostLocated = 100_000

/** @param address as it was asked for; the answer repeats it like that */
export function locate(address: string, now: Date): Lookup {
  let known = located.get(address)
  if (known === undefined) {
    known = locateAnew(address)
    if (located.size >= mostLocated) located.clear()
    located.set(address, known)
  }
  const { fields, timeZone } = known
  return timeZone === undefined ? fields : { ...fields, time_zone: localTime(timeZone, now) }
}

function locateAnew(address: string): Located {
  const key = canonical(address)
  const type = isIPv6(address) ? 'ipv6' : 'ipv4'
  if (!isPlaced(key)) return { fields: unplaced(address, type), timeZone: undefined }
  const random = new Random(hashText(key))
  const known = Object.hasOwn(articlePlaces, key) ? articlePlaces[key] : undefined
  const drawn = random.pick(places)
  const [asn, isp] = random.pick(providers)
  const fields = {
    ip: address,
    hostname: `host-${key.replace(/[.:]+/g, '-')}.example.net`,
    type,
    ...placeFields(known ?? nearby(drawn, random)),
    currency: currencyOf(known ?? drawn),
    connection: { asn, isp },
    security: securityOf(random),
  }
  return { fields, timeZone: (known ?? drawn).timeZone }
}

function unplaced(address: string, type: string): Lookup {
  return {
    ip: address,
    hostname: address,
    type,
    continent_code: null,
    continent_name: null,
    country_code: null,
    country_name: null,
    region_code: null,
    region_name: null,
    city: null,
    zip: null,
    latitude: null,
    longitude: null,
    location: {
      geoname_id: null,
      capital: null,
      languages: null,
      country_flag: null,
      country_flag_emoji: null,
      country_flag_emoji_unicode: null,
      calling_code: null,
      is_eu: null,
    },
    time_zone: { id: null, current_time: null, gmt_offset: null, code: null, is_daylight_saving: null },
    currency: { code: null, name: null, plural: null, symbol: null, symbol_native: null },
    connection: { asn: null, isp: null },
    security: {
      is_proxy: false,
      proxy_type: null,
      is_crawler: false,
      crawler_name: null,
      crawler_type: null,
      is_tor: false,
      threat_level: 'low',
      threat_types: null,
    },
  }
}

function placeFields(place: City): Lookup {
  const country = countries.get(place.country)
  const letters = [...place.country].map((letter) => 0x1f1e6 + letter.charCodeAt(0) - 65)
  return {
    continent_code: country?.continentCode ?? null,
    continent_name: country?.continentName ?? null,
    country_code: place.country,
    country_name: country?.name ?? null,
    region_code: place.regionCode,
    region_name: place.regionName,
    city: place.city,
    zip: place.zip,
    latitude: place.latitude,
    longitude: place.longitude,
    location: {
      geoname_id: place.geonameId,
      capital: country?.capital ?? null,
      languages: country?.languages.map(([code, name, native]) => ({ code, name, native })) ?? null,
      country_flag: `https://assets.ipstack.com/flags/${place.country.toLowerCase()}.svg`,
      country_flag_emoji: String.fromCodePoint(...letters),
      country_flag_emoji_unicode: letters.map((code) => `U+${code.toString(16).toUpperCase()}`).join(' '),
      calling_code: country?.callingCode ?? null,
      is_eu: country?.isEu ?? null,
    },
  }
}

/** A point within a few kilometres of a city's own. */
function nearby(city: City, random: Random): City {
  const shift = () => (random.fraction() - 0.5) / 10
  return { ...city, latitude: round(city.latitude + shift()), longitude: round(city.longitude + shift()) }
}

function round(degrees: number): number {
  return Math.round(degrees * 1e4) / 1e4
}

function currencyOf(place: City): Lookup {
  const code = countries.get(place.country)?.currency ?? 'USD'
  const [name, plural, symbol, symbolNative] = currencies[code] ?? []
  return { code, name, plural, symbol, symbol_native: symbolNative }
}

function securityOf(random: Random): Lookup {
  const kind = random.below(20)
  const isProxy = kind === 0 || kind === 1
  const isTor = kind === 1
  const isCrawler = kind === 2
  return {
    is_proxy: isProxy,
    proxy_type: isProxy ? (isTor ? 'tor' : 'vpn') : null,
    is_crawler: isCrawler,
    crawler_name: isCrawler ? 'Examplebot' : null,
    crawler_type: isCrawler ? 'search engine bot' : null,
    is_tor: isTor,
    threat_level: isTor ? 'high' : isProxy ? 'medium' : 'low',
    threat_types: isTor ? ['tor', 'fake_crawler'] : null,
  }
}
