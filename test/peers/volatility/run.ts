/**
 * `npm run judge:volatility`: every Windows plugin that Volatility can run on the ReactOS image beside ours, row by row. Prints
 * a table; exit code 1 for a difference that is not explained. See `volatility.ts` for the environment variables.
 */
import { images } from '../../ground-truth/images.js';
import { JudgedImage } from './judge-reactos.js';
import { NT_COMPARISONS } from './nt-comparisons.js';
import { NT_UNANSWERED } from './nt-unanswered.js';
import { hasVolatility } from './volatility.js';

const test = images().find(({ name, files }) => name.startsWith('reactos-') && files.includes('symbols.json'));
if (test === undefined || !hasVolatility) {
  console.log('skipped: the ReactOS image and Volatility 3 (VOL3=FOLDER) are needed');
  process.exit(0);
}
const only = process.argv.slice(2);
const judged = await JudgedImage.open(test);
try {
  console.log('| plugin | alike | only ours | only Volatility | explained |\n| --- | ---: | ---: | ---: | --- |');
  for (const comparison of NT_COMPARISONS) {
    if (only.length > 0 && !only.includes(comparison.name)) continue;
    const { alike, explained, onlyOurs, onlyTheirs } = await judged.compare(comparison);
    const reasons = explained.map(({ difference: { side, why }, found }) => `${found} ${side}: ${why}`).join('; ');
    console.log(`| ${comparison.name} | ${alike} | ${onlyOurs.length} | ${onlyTheirs.length} | ${reasons} |`);
    for (const fact of onlyOurs.slice(0, 10)) console.log(`  only ours: ${JSON.stringify(fact)}`);
    for (const fact of onlyTheirs.slice(0, 10)) console.log(`  only theirs: ${JSON.stringify(fact)}`);
    const miscounted = explained.some(({ difference, found }) => difference.count !== found);
    if (onlyOurs.length + onlyTheirs.length > 0 || miscounted) process.exitCode = 1;
  }
  for (const { peer, why } of only.length > 0 ? [] : NT_UNANSWERED)
    console.log(`| ${peer.join(' ')} | | | | no answer: ${why} |`);
} finally {
  judged.close();
}
