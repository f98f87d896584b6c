/** The version of the program, for those who speak of it. */
export { version } from '../app/version.ts';
