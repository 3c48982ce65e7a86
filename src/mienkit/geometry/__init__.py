"""Pure mathematics on points and curves. To add one, write a module of functions that take and return tensors."""
