namespace PatchContainers.Platforms.Docker.Compose;

/// <summary>What a service waits for before it starts (Compose specification, <c>depends_on</c>).</summary>
internal enum ComposeCondition
{
    /// <summary>It runs (<c>service_started</c>).</summary>
    Started,

    /// <summary>Its health check says so (<c>service_healthy</c>).</summary>
    Healthy,

    /// <summary>It has ended well (<c>service_completed_successfully</c>).</summary>
    Completed,
}

/// <summary>One service that another waits for.</summary>
/// <param name="Service">The service that comes first.</param>
/// <param name="Condition">What it has to be.</param>
/// <param name="IsRequired">Whether it has to be there at all.</param>
internal sealed record ComposeDependency(string Service, ComposeCondition Condition, bool IsRequired);
