/** What `version` gives. */
export interface VersionReport {
  apiVersion: 'netinspect/v1';
  kind: 'VersionReport';
  /** The version of netinspect. */
  version: string;
  /** The version of the Node that runs it. */
  node: string;
  /** Operating system and architecture, as Node names them: linux-x64. */
  platform: string;
}
