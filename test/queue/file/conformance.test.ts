import { describeQueue } from '../conformance.ts';
import { openFileBackend } from './backend.ts';

describeQueue('file backend', openFileBackend);
