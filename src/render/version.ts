import type { VersionReport } from '../model/version.ts';
import { visibleReport } from './visible-report.ts';

/** Versions as text, a line each. */
export function versionText(original: VersionReport): string {
  const { version, node, platform, debugImage, kubectl, server } = visibleReport(original);
  const lines = [
    `netinspect ${version}`,
    `Node ${node}, ${platform}`,
    ...(kubectl === null ? [] : [`kubectl ${kubectl}`]),
    ...(server === null
      ? []
      : [
          `server ${server.version}${server.context === null ? '' : ` (context ${server.context})`}`,
          `network APIs ${server.networkApis.join(', ')}`,
        ]),
    `debug image ${debugImage}`,
  ];
  return `${lines.join('\n')}\n`;
}
