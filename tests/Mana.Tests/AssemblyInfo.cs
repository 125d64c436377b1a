using Xunit;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]
// Ranks spin on every core they have: two jobs at a time would only slow each other down.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
