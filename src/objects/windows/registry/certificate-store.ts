/**
 * Certificates in the registry: a blob of properties, of which one is the certificate.
 * Source: [MS-GPEF] 2.2.1.2.3 (serialized certificate properties); wincrypt.h (CERT_…_PROP_ID).
 */
import { X509Certificate } from 'node:crypto';
import { u32, utf16Text } from '../../../core/bytes.js';

export interface StoredCertificate {
  readonly friendlyName: string | undefined;
  /** DER. */
  readonly encoded: Uint8Array | undefined;
  /** Undefined where the encoding is not one that can be read. */
  readonly parsed: X509Certificate | undefined;
}

const FRIENDLY_NAME = 11;
const CERTIFICATE = 32;
/** Identifier, a word that is always 1, length. */
const HEAD = 12;

/** The properties in a value `Blob`; what is cut off at its end is left out. */
export function storedCertificate(blob: Uint8Array): StoredCertificate {
  let friendlyName: string | undefined;
  let encoded: Uint8Array | undefined;
  for (let at = 0; at + HEAD <= blob.length; ) {
    const id = u32(blob, at);
    const length = u32(blob, at + 8);
    const data = blob.subarray(at + HEAD, at + HEAD + length);
    if (id === FRIENDLY_NAME) friendlyName = utf16Text(data);
    if (id === CERTIFICATE && data.length === length) encoded = data;
    at += HEAD + length;
  }
  return { friendlyName, encoded, parsed: encoded && parse(encoded) };
}

function parse(encoded: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(encoded);
  } catch {
    // Bytes from the guest that are no certificate: OpenSSL has no other way to say so.
    return undefined;
  }
}
