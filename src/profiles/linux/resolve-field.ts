/** Members of Linux structures under whichever of their names a kernel has. */
import { fieldResolver } from '../resolve-field.js';
import { FIELD_ALTERNATIVES } from './field-alternatives.js';

/** See `fieldResolver`. */
export const resolveField = fieldResolver(FIELD_ALTERNATIVES);
