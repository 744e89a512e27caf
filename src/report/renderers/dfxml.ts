/**
 * `dfxml`: Digital Forensics XML (schema 1.2): rows as elements of a `volume`-less document, for tools that collect
 * results of several programs. Streams.
 */
import { XMLBuilder } from 'fast-xml-parser';
import type { RendererFactory } from '../renderer.js';
import { jsonRow, printable } from '../values.js';

const builder = new XMLBuilder({ ignoreAttributes: false, format: false });

export const dfxml: RendererFactory = ({ name, columns, source }) => ({
  begin: () =>
    `<?xml version="1.0" encoding="UTF-8"?>\n<dfxml version="1.2.0" xmlns="http://www.forensicswiki.org/wiki/Category:Digital_Forensics_XML" xmlns:memlapse="urn:memlapse:rows">\n${builder.build(
      {
        creator: {
          program: 'memlapse',
          build_environment: '',
          execution_environment: { command_line: printable(name) },
        },
        source: { image_filename: printable(source) },
      },
    )}\n`,
  row: ({ row, partial }) => {
    const cells: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(jsonRow(columns, row, partial))) {
      if (value === null) continue;
      cells[`memlapse:${key}`] = Array.isArray(value) ? value.map(printable) : printable(String(value));
    }
    return `${builder.build({ [`memlapse:${name}`]: cells })}\n`;
  },
  end: () => '</dfxml>\n',
});
