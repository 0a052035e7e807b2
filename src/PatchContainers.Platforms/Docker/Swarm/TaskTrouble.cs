namespace PatchContainers.Platforms.Docker.Swarm;

/// <summary>What keeps a task from running, the least of it first.</summary>
internal enum TaskCause
{
    /// <summary>It is on its way: an image is pulled, a restart is waited for.</summary>
    Starting,

    /// <summary>No node takes it.</summary>
    NoNode,

    /// <summary>It runs, and its health check has not said yes.</summary>
    NotHealthy,

    /// <summary>It ended, and Swarm starts another one.</summary>
    Ended,

    /// <summary>Its image is missing, or its container cannot be made or started.</summary>
    Rejected,

    /// <summary>It ended, and Swarm starts no other one.</summary>
    GivenUp,

    /// <summary>It ends again and again.</summary>
    CrashLoop,
}

/// <summary>What keeps a service from its end, in one sentence.</summary>
/// <param name="Cause">What it is.</param>
/// <param name="IsFatal">Whether waiting on is of no use. What may heal is left to the time limit.</param>
/// <param name="IsOfRunning">Whether it is what the image does when it runs, and not the platform around it.</param>
/// <param name="Detail">The task, and what is said of it.</param>
internal sealed record TaskTrouble(TaskCause Cause, bool IsFatal, bool IsOfRunning, string Detail);
