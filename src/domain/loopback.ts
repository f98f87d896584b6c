/** Whether a host or an address is this machine alone: a name that only looks like one is not. */
export const isLoopback = (host = ''): boolean =>
  host === 'localhost' || host === '::1' || /^(?:::ffff:)?127(?:\.\d{1,3}){1,3}$/.test(host);
