/** oompa's own version, for `oompa --version`. */
export { version } from '../system/version.ts';
