/** The identifier of a service: SHA-1 of its name. Source: Microsoft, "Service security" (S-1-5-80-…); same as `sc showsid`. */
import { createHash } from 'node:crypto';

/** `S-1-5-80-…` of a service's name. */
export function serviceSid(name: string): string {
  const digest = createHash('sha1').update(Buffer.from(name.toUpperCase(), 'utf16le')).digest();
  const parts = Array.from({ length: 5 }, (_, index) => digest.readUInt32LE(index * 4));
  return `S-1-5-80-${parts.join('-')}`;
}
