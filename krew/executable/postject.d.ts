declare module 'postject' {
  /** Puts a blob into an executable file under a name, and turns the fuse that says so. */
  function inject(
    file: string,
    resource: string,
    blob: Buffer,
    options: { sentinelFuse: string; machoSegmentName?: string },
  ): Promise<void>;
  export default { inject };
}
