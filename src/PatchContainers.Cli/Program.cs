using PatchContainers.Cli;

return await CliApplication.RunAsync(args, CliHost.ForProcess());
