/** Hosts with ports, as addresses are written: `example.com:443`, `192.0.2.1:53`, `[2001:db8::1]:53`. */
import { isIPv6 } from 'node:net'

export interface HostPort {
  /** A name or an address; an IPv6 address without brackets. */
  readonly host: string
  readonly port: number
}

export interface NoHostPort {
  /** What is wrong with the text. */
  readonly fault: string
}

/** @param usualPort the port where the text names none; undefined where it must */
export function readHostPort(text: string, usualPort?: number): HostPort | NoHostPort {
  if (isIPv6(text) && usualPort !== undefined) return { host: text, port: usualPort }
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(text) ?? []
  const host = bracketed ?? plain
  if (host === undefined || (bracketed !== undefined && !isIPv6(bracketed))) {
    return { fault: `"${text}" is no address: expected host:port, with an IPv6 address in brackets` }
  }
  if (host === '') return { fault: `"${text}" is no address: the host is missing` }
  if (port === undefined) {
    return usualPort === undefined
      ? { fault: `"${text}" is no address: the port is missing` }
      : { host, port: usualPort }
  }
  if (Number(port) < 1 || Number(port) > 65_535)
    return { fault: `"${text}" is no address: there is no port ${port}` }
  return { host, port: Number(port) }
}

export function hostPortText(host: string | undefined, port: number | undefined): string | null {
  if (host === undefined || port === undefined) return null
  return isIPv6(host.replace(/%.*$/, '')) ? `[${host}]:${port}` : `${host}:${port}`
}
