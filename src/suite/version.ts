import packageJson from '../../package.json' with { type: 'json' };

/** The version of miflab. */
export const { version } = packageJson;
