/**
 * Before every test file: fast-check draws from one seed, so that a run on the same code passes or fails the same way
 * everywhere. FC_SEED=number (or FC_SEED=random) looks for what other seeds find.
 */
import fc from 'fast-check';

const wanted = process.env.FC_SEED ?? '20260101';
if (wanted !== 'random') fc.configureGlobal({ seed: Number(wanted) });
