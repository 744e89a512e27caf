#!/usr/bin/env node
import { bundle } from '../dist/launcher/load-bundle.js';

await bundle().main(import.meta.url);
