/**
 * Parses the opcode notation of the instruction tables ('66 0f 3a 0f /r', 'd9 /4 mod3', '0f c8+r', 'd9 e8') into
 * conditions on prefixes and ModRM. The notation is explained at `Row.code`.
 */
import { InvariantError } from '../../core/errors.js';

/** 0: one-byte opcodes, 1: 0F, 2: 0F 38, 3: 0F 3A. */
export type OpcodeMap = 0 | 1 | 2 | 3;

export interface OpcodePattern {
  readonly map: OpcodeMap;
  readonly opcode: number;
  /** The low three bits of the opcode name a register. */
  readonly registerInOpcode: boolean;
  readonly mandatoryPrefix: 'none' | '66' | 'f2' | 'f3' | undefined;
  readonly hasModrm: boolean;
  /** Required ModRM.reg. */
  readonly reg: number | undefined;
  /** Required ModRM in full; with `registerInModrm` the low three bits are free. */
  readonly modrm: number | undefined;
  readonly registerInModrm: boolean;
  /** 'register': mod is 3; 'memory': it is not. */
  readonly form: 'register' | 'memory' | undefined;
  readonly rexW: boolean | undefined;
  readonly rexB: boolean | undefined;
}

/** Opcodes of the one-byte and 0F maps that take a ModRM byte are exactly those that some row says take one. */
export function parsePattern(code: string): OpcodePattern {
  const words = code.toLowerCase().split(' ');
  let mandatoryPrefix: OpcodePattern['mandatoryPrefix'];
  let map: OpcodeMap = 0;
  let opcode = -1;
  let registerInOpcode = false;
  let modrm: number | undefined;
  let registerInModrm = false;
  let hasModrm = false;
  let reg: number | undefined;
  let form: OpcodePattern['form'];
  let rexW: boolean | undefined;
  let rexB: boolean | undefined;
  words.forEach((word, index) => {
    const byte = /^([0-9a-f]{2})(\+[ri])?$/.exec(word);
    if (word === 'np') mandatoryPrefix = 'none';
    else if (word === '/r') hasModrm = true;
    else if (/^\/[0-7]$/.test(word)) {
      hasModrm = true;
      reg = Number(word[1]);
    } else if (word === 'mod3') form = 'register';
    else if (word === 'mem') form = 'memory';
    else if (word === 'w0' || word === 'w1') rexW = word === 'w1';
    else if (word === 'norexb') rexB = false;
    else if (byte !== null) {
      const value = Number.parseInt(byte[1] as string, 16);
      const prefix = (word === '66' || word === 'f2' || word === 'f3') && index === 0 && words.length > 1;
      if (prefix && /^[0-9a-f]{2}/.test(words[1] as string)) mandatoryPrefix = word as '66' | 'f2' | 'f3';
      else if (opcode < 0 && map === 0 && word === '0f') map = 1;
      else if (opcode < 0 && map === 1 && (word === '38' || word === '3a')) map = word === '38' ? 2 : 3;
      else if (opcode < 0) {
        opcode = value;
        registerInOpcode = byte[2] !== undefined;
      } else {
        modrm = value;
        registerInModrm = byte[2] !== undefined;
        hasModrm = true;
      }
    } else throw new InvariantError(`opcode pattern '${code}': what is '${word}'?`);
  });
  if (opcode < 0) throw new InvariantError(`opcode pattern '${code}' has no opcode`);
  return {
    map,
    opcode,
    registerInOpcode,
    mandatoryPrefix,
    hasModrm,
    reg,
    modrm,
    registerInModrm,
    form,
    rexW,
    rexB,
  };
}
