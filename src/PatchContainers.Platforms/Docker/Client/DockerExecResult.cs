namespace PatchContainers.Platforms.Docker.Client;

/// <summary>How a command in a container ended.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">What it wrote, both streams in their order, cut after <see cref="DockerExecOutput.MaxBytes"/>.</param>
internal sealed record DockerExecResult(long ExitCode, string Output);
