import semver from 'semver'

/** Whether a version comes after another one; a pre-release comes before its release. */
export const isNewer = (version: string, than: string): boolean => semver.gt(version, than)
