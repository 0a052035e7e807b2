namespace PatchContainers.Platforms.Kubernetes.Client;

/// <summary>How a client behaves.</summary>
internal sealed record KubernetesClientOptions
{
    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Hears what a person should know: a certificate that is not verified.</summary>
    public IProgress<PatchNotice>? Notices { get; init; }

    /// <summary>How long a call is tried again while the server cannot be reached or is overloaded.</summary>
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Objects in a page of a list.</summary>
    public int PageSize { get; init; } = 500;

    /// <summary>Stands between the client and what sends; null for nothing.</summary>
    public Func<HttpMessageHandler, HttpMessageHandler>? Between { get; init; }

    /// <summary>Reads an environment variable.</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;
}
