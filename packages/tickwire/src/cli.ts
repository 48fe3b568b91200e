#!/usr/bin/env node
// Command line: `tickwire <command>`, as a process.
import { runProgram } from './program.js';

process.exitCode = await runProgram(process.argv.slice(2));
