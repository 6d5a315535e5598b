import { OPERATOR_SECTIONS } from './operator-sections.ts';
import { PLATFORM_SECTIONS } from './platform-sections.ts';

// All configuration variables. A function receives only the sections that its entry in core/topology/rights.ts names.

/** All sections of the configuration. */
export const SECTIONS = { ...PLATFORM_SECTIONS, ...OPERATOR_SECTIONS };
