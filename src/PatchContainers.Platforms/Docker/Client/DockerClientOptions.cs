namespace PatchContainers.Platforms.Docker.Client;

/// <summary>How a client behaves.</summary>
internal sealed record DockerClientOptions
{
    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Hears what a person should know: an engine that is not verified.</summary>
    public IProgress<PatchNotice>? Notices { get; init; }

    /// <summary>How long a call is tried again while an engine that answered before cannot be reached.</summary>
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the first answer may take.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Reads an environment variable: DOCKER_API_VERSION.</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>Sees every request and answer; null for none. What it is given sends them.</summary>
    public Func<HttpMessageHandler, HttpMessageHandler>? Wrap { get; init; }
}
