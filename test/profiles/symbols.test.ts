/** Symbols in lists and from several sources. */
import { describe, expect, it } from 'vitest';
import { combineSymbols } from '../../src/profiles/combine-symbols.js';
import { SymbolList } from '../../src/profiles/symbol-list.js';

const kernel = new SymbolList([
  { name: 'beta', address: 0x2000n, kind: 'T' },
  { name: 'alpha', address: 0x1000n, kind: 'T' },
  { name: 'alias', address: 0x1000n, kind: 'T' },
  { name: 'alpha', address: 0x9000n, kind: 't' },
]);
const module = new SymbolList([
  { name: 'alpha', address: 0x1800n, module: 'm' },
  { name: 'gamma', address: 0x1f00n, module: 'm' },
]);

describe('SymbolList', () => {
  it('finds by name, of two the first', () => {
    expect(kernel.address('alpha')).toBe(0x1000n);
    expect(kernel.address('delta')).toBeUndefined();
  });

  it('finds by address, of two at one place the first', () => {
    expect(kernel.nearest(0x1000n)).toEqual({ symbol: { name: 'alpha', address: 0x1000n, kind: 'T' }, offset: 0 });
    expect(kernel.nearest(0x1234n)?.offset).toBe(0x234);
    expect(kernel.nearest(0xfffn)).toBeUndefined();
    expect(kernel.nearest(0x9000n + 0x200_0000n)).toBeUndefined();
    expect(new SymbolList([]).nearest(1n)).toBeUndefined();
  });
});

describe('combineSymbols', () => {
  const both = combineSymbols(kernel, module);

  it('asks the sources in order for names, and all of them for what is nearest', () => {
    expect(both.address('alpha')).toBe(0x1000n);
    expect(both.address('gamma')).toBe(0x1f00n);
    expect(both.nearest(0x1880n)?.symbol).toEqual({ name: 'alpha', address: 0x1800n, module: 'm' });
    expect(both.nearest(0x1080n)?.symbol.name).toBe('alpha');
    expect([...both.symbols()].length).toBe(6);
  });
});
