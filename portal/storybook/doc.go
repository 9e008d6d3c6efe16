// Command storybook shows every page of the portal in every state with made-up data, without a
// database: go run ./portal/storybook. Each family of pages has its stories in a file of its own.
package main
