/** Needs Volatility 3 (VOL3=FOLDER) and the ReactOS image with its symbol file; takes a minute. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { images } from '../../ground-truth/images.js';
import { JudgedImage } from './judge-reactos.js';
import { NT_COMPARISONS } from './nt-comparisons.js';
import { NT_UNANSWERED } from './nt-unanswered.js';
import { hasVolatility } from './volatility.js';

const image = images().find(({ name, files }) => name.startsWith('reactos-') && files.includes('symbols.json'));
const lacks = image === undefined ? ' (no image here)' : hasVolatility ? '' : ' (VOL3 names no Volatility 3)';

describe.skipIf(lacks !== '')(`ReactOS as Volatility sees it${lacks}`, () => {
  let judged: JudgedImage;
  beforeAll(async () => {
    judged = await JudgedImage.open(image!);
  });
  afterAll(() => judged?.close());

  it.each(NT_COMPARISONS)('$name: nothing differs but what is explained', async (comparison) => {
    const { alike, explained, onlyOurs, onlyTheirs } = await judged.compare(comparison);
    expect({ onlyOurs, onlyTheirs }).toEqual({ onlyOurs: [], onlyTheirs: [] });
    expect(alike).toBeGreaterThan(0);
    for (const { difference, found } of explained) expect(found, difference.why).toBe(difference.count);
  });

  it.each(NT_UNANSWERED)('no answer of $peer, which $why', ({ peer }) => {
    const result = judged.peer(peer);
    expect('failure' in result || result.rows.length <= 1).toBe(true);
  });
});
