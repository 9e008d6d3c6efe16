// Package bench is the load generator behind `aye bench`: applications, browsers and phones
// in one process, that drive a real Aye as hard as it goes, and say what came of it.
//
// A number alone tells little: it is one machine's, and of one day. So every number stands
// beside a limit that was measured in the same run, in turns with it: programs that do the
// same work as plainly as Go can (package bare), and the disk and the processor themselves.
// The ratio of the two is what can be compared between machines. Logins stand beside a second
// server too, which is no limit but what people build first: it makes sixteen statements a
// login, each committed by itself.
//
// What is measured is the program as it is shipped, with all its controls on: limits, audit
// log, metrics, log lines and pushes to a stand-in for Google. No person is asked more often
// than the policy allows, so there are many people.
//
// A run makes a folder, and in it an installation; starts the stand-ins, the server and the
// bare programs as processes of their own; measures phase by phase; and leaves nothing behind.
package bench
