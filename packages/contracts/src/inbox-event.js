export {};
//# sourceMappingURL=inbox-event.js.map
