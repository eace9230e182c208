/** What `config` gives: the settings in force, and where each comes from. */
export interface ConfigReport {
  apiVersion: 'netinspect/v1';
  kind: 'ConfigReport';
  /** The configuration file, and whether it is there. */
  file: string;
  exists: boolean;
  settings: Setting[];
  aliases: { name: string; words: string[] }[];
}

/** One key of the configuration file. */
interface Setting {
  key: string;
  /** Null where nothing gives one. */
  value: string | null;
  /** Who gives the value: the first of flag, environment and file; else it is our own. */
  from: 'flag' | 'environment' | 'file' | 'default';
  /** The variable of the environment that also sets it. */
  variable: string;
}
