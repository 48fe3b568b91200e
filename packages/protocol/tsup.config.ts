import { defineConfig } from 'tsup';
import { packageBuild } from '../../tsup.base.js';

export default defineConfig(packageBuild(['index', 'schema', 'lint', 'identity', 'trading']));
