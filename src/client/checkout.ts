/** Where somebody stands, for clients that run on this machine. */
export { checkoutAround } from '../app/checkout.ts';
