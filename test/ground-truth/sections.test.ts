import { describe, expect, it } from 'vitest';
import { parseHexDump, splitNul } from './hex-dump.js';
import { splitSections } from './sections.js';

describe('splitSections', () => {
  it('gives the lines of each section, also of an empty one', () => {
    const text = '=====BEGIN a=====\none\ntwo\r\n=====END=====\n=====BEGIN proc/2/cmdline=====\n=====END=====\n';
    expect([...splitSections(`${text}=====ALLDONE=====\n`)]).toEqual([
      ['a', ['one', 'two']],
      ['proc/2/cmdline', []],
    ]);
  });

  it('refuses a truth that was cut short', () => {
    expect(() => splitSections('=====BEGIN a=====\none\n')).toThrow('did not finish');
    expect(() => splitSections('=====BEGIN a=====\n=====END=====\n')).toThrow('did not finish');
  });

  it('refuses a section that comes twice', () => {
    const section = '=====BEGIN a=====\n=====END=====\n';
    expect(() => splitSections(`${section}${section}=====ALLDONE=====\n`)).toThrow('a comes twice');
  });
});

describe('parseHexDump', () => {
  it('reads whole lines, odd ends and NUL-separated strings', () => {
    const lines = [
      '00000000: 2f62 696e 2f7a 6f6f 0066 696c 6573 0020  /bin/zoo.files. ',
      '00000010: 7800                                     x.',
      '00000012: 61                                       a',
    ];
    expect(parseHexDump(lines).toString('latin1')).toBe('/bin/zoo\0files\0 x\0a');
    expect(splitNul(parseHexDump(lines))).toEqual(['/bin/zoo', 'files', ' x', 'a']);
  });

  it('keeps empty arguments and gives none for an empty file', () => {
    expect(splitNul(Buffer.from('a\0\0b\0'))).toEqual(['a', '', 'b']);
    expect(splitNul(parseHexDump([]))).toEqual([]);
  });

  it('refuses what is no dump', () => {
    expect(() => parseHexDump(["xxd: can't open 'x'"])).toThrow('not a line of xxd');
  });
});
