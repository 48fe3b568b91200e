export { createClient } from '@tickwire/client';
