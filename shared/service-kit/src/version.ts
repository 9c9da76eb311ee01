import project from '../../../package.json' with { type: 'json' }

/** Version of the whole system: its services are released together. */
export const SERVICE_VERSION: string = project.version
