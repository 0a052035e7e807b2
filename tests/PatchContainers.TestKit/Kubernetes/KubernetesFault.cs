namespace PatchContainers.TestKit.Kubernetes;

/// <summary>An answer that is no success.</summary>
/// <param name="Status">The HTTP status; 0 to break the connection.</param>
/// <param name="Reason">The Status object's reason.</param>
/// <param name="Message">The Status object's message; <c>{authorization}</c> stands for what the request carried.</param>
/// <param name="RetryAfter">The header Retry-After; null for none.</param>
public sealed record KubernetesFault(int Status, string Reason = "", string Message = "", string? RetryAfter = null);
