/**
 * `npm run bench`: prints times and sizes of the commands on the 256 MiB amd64 image, side by side with Volatility 3 when
 * VOL3 names a checkout of it. RUNS sets how often each is run (5 unless told; the median counts).
 *
 * VOL3_PYTHON names its Python (python3 unless told), VOL3_SYMBOLS a folder of symbol files, VOL3_HOME where its cache is.
 */
import { linuxImages } from '../test/ground-truth/images.js';
import { hasVolatility, volatilityCommand } from '../test/peers/volatility/volatility.js';
import { CASES, SCANS } from './cases.js';
import { PairedRun } from './paired-run.js';

const { VOL3_SYMBOLS } = process.env;

const image = linuxImages().find(({ name }) => name === 'linux-amd64-6.1');
if (image === undefined) {
  console.log('There is no image to measure on (linux-amd64-6.1).');
} else {
  const path = await image.path();
  const options = VOL3_SYMBOLS === undefined ? [] : ['-s', VOL3_SYMBOLS];
  const volatility = { name: 'Volatility', command: (plugin: string) => volatilityCommand(path, [plugin], options) };
  const run = new PairedRun(path, hasVolatility ? [volatility] : []);
  try {
    run.commands(CASES);
    run.scans(SCANS);
  } finally {
    run.close();
  }
}
