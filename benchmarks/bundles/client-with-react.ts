export { createClient } from '@tickwire/client';
export { createTickwireHooks } from '@tickwire/react';
