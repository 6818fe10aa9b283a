"""What makes stopbook.xlam from text, on any system: project, container, package, ribbon and function wrappers."""
