/** Versions of TLS, and the cipher suites that Steampipe's plugin tries: those that Go knows, secure and insecure. */
import type { SecureVersion } from 'node:tls'

interface TlsVersion {
  readonly name: string
  readonly protocol: SecureVersion
}

export const tlsVersions: readonly TlsVersion[] = [
  { name: 'TLS v1.3', protocol: 'TLSv1.3' },
  { name: 'TLS v1.2', protocol: 'TLSv1.2' },
  { name: 'TLS v1.1', protocol: 'TLSv1.1' },
  { name: 'TLS v1.0', protocol: 'TLSv1' },
]

export interface CipherSuite {
  /** The name in IANA's registry "TLS Cipher Suites". */
  readonly name: string
  /** The number there. */
  readonly id: number
  /** The name that OpenSSL has for it. */
  readonly openssl: string
  /** The versions that have it: 1.3 alone, 1.2 alone, or all before 1.3. */
  readonly versions: '1.3' | '1.2' | 'before 1.3'
}

const suites: readonly (readonly [
  id: number,
  name: string,
  openssl: string,
  versions: CipherSuite['versions'],
])[] = [
  [0x1301, 'TLS_AES_128_GCM_SHA256', 'TLS_AES_128_GCM_SHA256', '1.3'],
  [0x1302, 'TLS_AES_256_GCM_SHA384', 'TLS_AES_256_GCM_SHA384', '1.3'],
  [0x1303, 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_CHACHA20_POLY1305_SHA256', '1.3'],
  [0xc009, 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA', 'ECDHE-ECDSA-AES128-SHA', 'before 1.3'],
  [0xc00a, 'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA', 'ECDHE-ECDSA-AES256-SHA', 'before 1.3'],
  [0xc013, 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 'ECDHE-RSA-AES128-SHA', 'before 1.3'],
  [0xc014, 'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA', 'ECDHE-RSA-AES256-SHA', 'before 1.3'],
  [0xc02b, 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'ECDHE-ECDSA-AES128-GCM-SHA256', '1.2'],
  [0xc02c, 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'ECDHE-ECDSA-AES256-GCM-SHA384', '1.2'],
  [0xc02f, 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'ECDHE-RSA-AES128-GCM-SHA256', '1.2'],
  [0xc030, 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'ECDHE-RSA-AES256-GCM-SHA384', '1.2'],
  [0xcca8, 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-RSA-CHACHA20-POLY1305', '1.2'],
  [0xcca9, 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-ECDSA-CHACHA20-POLY1305', '1.2'],
  [0x0005, 'TLS_RSA_WITH_RC4_128_SHA', 'RC4-SHA', 'before 1.3'],
  [0x000a, 'TLS_RSA_WITH_3DES_EDE_CBC_SHA', 'DES-CBC3-SHA', 'before 1.3'],
  [0x002f, 'TLS_RSA_WITH_AES_128_CBC_SHA', 'AES128-SHA', 'before 1.3'],
  [0x0035, 'TLS_RSA_WITH_AES_256_CBC_SHA', 'AES256-SHA', 'before 1.3'],
  [0x003c, 'TLS_RSA_WITH_AES_128_CBC_SHA256', 'AES128-SHA256', '1.2'],
  [0x009c, 'TLS_RSA_WITH_AES_128_GCM_SHA256', 'AES128-GCM-SHA256', '1.2'],
  [0x009d, 'TLS_RSA_WITH_AES_256_GCM_SHA384', 'AES256-GCM-SHA384', '1.2'],
  [0xc007, 'TLS_ECDHE_ECDSA_WITH_RC4_128_SHA', 'ECDHE-ECDSA-RC4-SHA', 'before 1.3'],
  [0xc011, 'TLS_ECDHE_RSA_WITH_RC4_128_SHA', 'ECDHE-RSA-RC4-SHA', 'before 1.3'],
  [0xc012, 'TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA', 'ECDHE-RSA-DES-CBC3-SHA', 'before 1.3'],
  [0xc023, 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256', 'ECDHE-ECDSA-AES128-SHA256', '1.2'],
  [0xc027, 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256', 'ECDHE-RSA-AES128-SHA256', '1.2'],
]

export const cipherSuites: readonly CipherSuite[] = suites.map(([id, name, openssl, versions]) => ({
  id,
  name,
  openssl,
  versions,
}))

/** Whether a version of TLS has a cipher suite. */
export function isPossible(version: string, { versions }: CipherSuite): boolean {
  if (version === 'TLS v1.3') return versions === '1.3'
  if (version === 'TLS v1.2') return versions !== '1.3'
  return (version === 'TLS v1.1' || version === 'TLS v1.0') && versions === 'before 1.3'
}
